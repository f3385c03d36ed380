"""Engines: functions that step buffers. The interpreter is the definition the others are tested against."""
