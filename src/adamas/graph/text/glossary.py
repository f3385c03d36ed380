"""The glossary: how the names authors use in rules are written in mathematics."""

from __future__ import annotations

GREEK = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "eps": "ε",
    "mu": "μ",
    "rho": "ρ",
    "sigma": "σ",
    "theta": "θ",
    "tau": "τ",
    "eta": "η",
    "nabla": "∇",
}
# Names that have a symbol of their own: parameters are θ and the learning rate is η in most papers.
SYMBOL = {
    "p": "θ",
    "lr": "η",
    "weight_decay": "λ",
    "momentum": "μ",
    "decay": "ρ",
    "dampening": "τ",
}
LATEX = {
    "α": r"\alpha",
    "β": r"\beta",
    "γ": r"\gamma",
    "δ": r"\delta",
    "ε": r"\varepsilon",
    "μ": r"\mu",
    "ρ": r"\rho",
    "σ": r"\sigma",
    "θ": r"\theta",
    "τ": r"\tau",
    "η": r"\eta",
    "λ": r"\lambda",
    "∇": r"\nabla",
}
SUBSCRIPTS = str.maketrans("0123456789+-t", "₀₁₂₃₄₅₆₇₈₉₊₋ₜ")
SUPERSCRIPTS = str.maketrans("0123456789+-t", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ᵗ")


def split(name: str) -> tuple[str, str, str, bool]:
    """A name as (symbol, digits, qualifier, hat).

    beta1 → ("β", "1", "", False), v_hat → ("v", "", "", True).
    """
    if name in SYMBOL:
        return SYMBOL[name], "", "", False
    base, _, rest = name.partition("_")
    hat = rest == "hat"
    stem = base.rstrip("0123456789")
    digits = base[len(stem) :]
    if len(stem) > 1 and stem not in GREEK:
        return name.removesuffix("_hat"), "", "", name.endswith("_hat")
    return GREEK.get(stem, stem), digits, "" if hat else rest, hat


def unicode_name(name: str, when: str = "") -> str:
    """A name in plain text: v_hat at "t" → v̂ₜ, beta1 → β₁, m at "t-1" → mₜ₋₁."""
    symbol, digits, qualifier, hat = split(name)
    if hat:
        symbol += "\u0302"
    below = digits.translate(SUBSCRIPTS) + when.translate(SUBSCRIPTS)
    return f"{symbol}{'_' + qualifier if qualifier else ''}{below}"


def latex_name(name: str, when: str = "") -> str:
    r"""A name in LaTeX: v_hat at "t" → \hat{v}_{t}, beta1 → \beta_{1}."""
    symbol, digits, qualifier, hat = split(name)
    text = LATEX.get(symbol, symbol)
    if len(symbol) > 1:
        text = rf"\mathrm{{{symbol}}}".replace("_", r"\_").replace("#", r"\#")
    if hat:
        text = rf"\hat{{{text}}}"
    below = ",".join(part for part in (digits, when) if part)
    above = rf"\mathrm{{{qualifier}}}".replace("_", r"\_") if qualifier else ""
    return text + (f"^{{{above}}}" if above else "") + (f"_{{{below}}}" if below else "")
