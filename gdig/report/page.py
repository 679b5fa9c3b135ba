"""The report: one HTML page that needs no network, and what came out before how."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from gdig.report.draw import library
from gdig.report.script import SCRIPT
from gdig.report.style import STYLE

# The page cannot reach a network, whatever is in it.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline' 'unsafe-eval'; img-src data:"


@dataclass(frozen=True)
class Section:
    """A section of the page."""

    anchor: str
    name: str
    """In the contents."""
    html: str
    """Empty where the run has nothing of the kind."""


def page(title: str, lead: str, parts: dict[str, Sequence[Section]]) -> str:
    """Return the page.

    Args:
        title: plain text.
        lead: HTML of the first lines.
        parts: title -> sections, in reading order.
    """
    shown = {name: [section for section in sections if section.html] for name, sections in parts.items()}
    contents = "".join(
        f"<h2>{escape(name)}</h2><ul>"
        + "".join(f'<li><a href="#{section.anchor}">{escape(section.name)}</a></li>' for section in sections)
        + "</ul>"
        for name, sections in shown.items()
        if sections
    )
    body = "\n".join(
        f'<p class="part">{escape(name)}</p>\n'
        + "\n".join(f'<section id="{section.anchor}">{section.html}</section>' for section in sections)
        for name, sections in shown.items()
        if sections
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the report</a>
<div class="page">
<header><h1>{escape(title)}</h1>{lead}</header>
<div class="columns">
<nav aria-label="Contents">{contents}</nav>
<main id="main" tabindex="-1">
<noscript><p class="note">Without JavaScript there are no charts here; they are pictures in the folder figures/, and
their numbers stand under each.</p></noscript>
{body}
</main>
</div>
</div>
<script>{library(SCRIPT)}</script>
</body>
</html>
"""
