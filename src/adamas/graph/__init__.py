"""The graph: Programs built from rules, the passes over them, and their text."""
