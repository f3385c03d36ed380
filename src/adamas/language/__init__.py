"""The language rules are written in: expressions, declarations, pieces, chains and schedules."""
