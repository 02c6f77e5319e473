"""Reports for people and for CI: text that draws the bytes, SARIF and JUnit (level 2)."""
