"""Checks and builds what people paste: text in, a report with its evidence out, the same for both doors (level 3)."""
