"""Judgement: what a side must send. One small function a rule, a module a chapter (level 2)."""
