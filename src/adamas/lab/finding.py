"""Finds a rule by name, in the book or in a file of the user's own ("my_rules.py", "my_rule")."""

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from adamas import rules
from adamas.errors import AdamasError, NotFoundError, OptionError, nearest
from adamas.language.chain import Rule


def in_book(name: str) -> Rule:
    """Return the rule or piece of the book called `name`."""
    known = {**rules.BOOK, **rules.PIECES}
    if name in known:
        return known[name]
    what = f"unknown rule '{name}'" if name else "a rule without a name"
    raise NotFoundError(f"{what}. {nearest(name, rules.BOOK)}")


def in_file(path: Path, name: str) -> Rule:
    """Return the rule, piece or chain called `name` in the Python file `path`."""
    module = _load(path)
    candidates = {key: value for key, value in vars(module).items() if isinstance(value, Rule)}
    if name not in candidates:
        book = {**rules.BOOK, **rules.PIECES}
        own = [key for key, value in candidates.items() if book.get(key) is not value]
        advice = nearest(name, own) if own else "Nothing in it is declared with @rule."
        raise NotFoundError(f"{path} has no rule '{name}'. {advice}")
    return candidates[name]


def _load(path: Path) -> ModuleType:
    """Import a file by its path, once; what goes wrong in it is reported with its line."""
    if not path.is_file():
        raise NotFoundError(f"there is no file {path}.")
    # One module per file, so that two settings of a rule share the function and its Program.
    module_name = f"adamas_user_{abs(hash(path.resolve()))}"
    if module_name in sys.modules:
        return sys.modules[module_name]
    specification = importlib.util.spec_from_file_location(module_name, path.resolve())
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[module_name] = module
    try:
        specification.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[module_name]
        if isinstance(error, AdamasError) or not isinstance(error, Exception):
            raise
        raise OptionError(f"{path}{_describe(error, path)}") from error
    return module


def _describe(error: Exception, path: Path) -> str:
    """Return ":line: kind: message" of an error in the user's file, on one line."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}: {type(error).__name__}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename) == path.resolve()]
    where = f":{lines[-1]}" if lines else ""
    return f"{where}: {type(error).__name__}: {error}"
