"""Symbols for the starts of slots; see `adamas.language.symbols`."""

from adamas.language.symbols import __getattr__ as __getattr__
