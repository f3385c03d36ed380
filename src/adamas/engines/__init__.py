"""Engines: functions that step buffers; the interpreter is the definition of all others."""
