"""Spreadsheets that people send: opened with suspicion, read row by row."""
