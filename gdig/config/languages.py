"""Language codes of ISO 639: every code of a language stands for the same language."""

from typing import Annotated

from iso639 import Lang
from iso639.exceptions import DeprecatedLanguageValue, InvalidLanguageValue
from pydantic import AfterValidator


def language_code(code: str) -> str:
    """Return the code by which everything here knows a language.

    That is its code of ISO 639-1; where it has none, that of its macrolanguage (`cmn` and `yue` are `zh`); else its
    code of ISO 639-3.

    Args:
        code: of ISO 639-1, 639-2 or 639-3, in lower case.

    Raises:
        ValueError: there is no language of this code.
    """
    try:
        # Names of languages would be taken too.
        found = Lang(code) if code.isascii() and code.islower() and len(code) in (2, 3) else None
    except DeprecatedLanguageValue as error:
        current = f"; write {error.change_to!r}" if error.change_to else ""
        raise ValueError(f"{code!r} is withdrawn from ISO 639{current}") from None
    except InvalidLanguageValue:
        found = None
    if found is None or not found.pt3 or found.scope() == "Special":
        raise ValueError(f"{code!r} is no code of a language; write one of ISO 639-1 or 639-3, as de, en, zh or deu")
    macro = found.macro()
    return found.pt1 or (macro and macro.pt1) or found.pt3


LanguageCode = Annotated[str, AfterValidator(language_code)]
"""A code of ISO 639-1 or 639-3; its value is as `language_code` has it."""
