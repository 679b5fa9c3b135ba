"""How the page looks: light or dark as the reader's system is, wide or narrow, on screen or on paper."""

STYLE = """
:root {
  color-scheme: light dark;
  --back: #fbfbfa; --card: #ffffff; --text: #1c2127; --soft: #5b6570; --line: #e1e4e8; --accent: #b84a00;
  --good: #0a7d5a; --bad: #b3364f; --focus: #0b65c2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171a; --card: #1c2024; --text: #e6e8ea; --soft: #a2abb4; --line: #33393f; --accent: #ff9a57;
    --good: #3fc79a; --bad: #f0899b; --focus: #6db3ff;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; scroll-padding-top: 1rem; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--back); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif;
}
.page { max-width: 82rem; margin: 0 auto; padding: 0 1.25rem 4rem; }
a { color: var(--focus); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; border-radius: 3px; }
.skip { position: absolute; left: -100vw; padding: .5rem 1rem; background: var(--card); z-index: 10; }
.skip:focus { left: .5rem; top: .5rem; }
header { padding: 2.2rem 0 .6rem; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .3rem; letter-spacing: -.01em; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 0 0 .6rem; }
h3 { font-size: 1.08rem; margin: 1.6rem 0 .3rem; }
h4 { font-size: .95rem; margin: 0 0 .2rem; font-weight: 600; }
p { max-width: 46rem; }
header p { color: var(--soft); margin: 0; }
small, .files { color: var(--soft); font-size: .84rem; }
code, pre { font: .85em/1.5 ui-monospace, "Liberation Mono", "DejaVu Sans Mono", monospace; }
pre { overflow: auto; max-height: 30rem; padding: .8rem 1rem; background: var(--back); border: 1px solid var(--line);
  border-radius: .4rem; }

@media (min-width: 72rem) {
  .columns { display: grid; grid-template-columns: 12.5rem minmax(0, 1fr); gap: 2.5rem; }
  nav { position: sticky; top: 1rem; align-self: start; max-height: calc(100vh - 2rem); overflow: auto; }
}
nav { font-size: .9rem; padding: 2px; }
nav h2 { font-size: .78rem; letter-spacing: .06em; text-transform: uppercase; color: var(--soft);
  margin: 1rem 0 .2rem; }
nav ul { list-style: none; margin: 0; padding: 0; }
nav li a { display: block; padding: .16rem .5rem; color: inherit; text-decoration: none; border-radius: .3rem; }
nav li a:hover { background: var(--line); }
@media (max-width: 71.99rem) {
  nav ul { display: flex; flex-wrap: wrap; gap: .2rem; }
  nav li a { border: 1px solid var(--line); background: var(--card); }
  nav h2 { margin: .5rem 0 .2rem; }
}
main { min-width: 0; }
.part { font-size: .82rem; letter-spacing: .08em; text-transform: uppercase; color: var(--accent); font-weight: 700;
  margin: 2.6rem 0 .6rem; border: 0; }
main > section { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.2rem 1.4rem;
  margin: 0 0 1.1rem; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11.5rem, 1fr)); gap: .8rem;
  margin: 1rem 0 1.2rem; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: .8rem 1rem; }
.tiles b { display: block; font-size: 1.55rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: .86rem; line-height: 1.35; display: block; }
.note { border-left: 4px solid var(--accent); padding: .1rem 0 .1rem .9rem; }

figure { margin: 0; }
figure + *, * + figure { margin-top: 1.2rem; }
figcaption { max-width: 52rem; margin-bottom: .5rem; color: var(--soft); font-size: .93rem; }
figcaption strong { color: var(--text); font-size: 1rem; }
.panels { display: grid; gap: 1.2rem 1.6rem; grid-template-columns: repeat(auto-fit,
  minmax(min(100%, max(15rem, (100% - (var(--columns) - 1) * 1.6rem) / var(--columns))), 1fr)); }
.panel { min-width: 0; }
.chart { width: 100%; min-height: 12rem; }
.chart.drawn { min-height: 0; }
.chart svg { display: block; max-width: 100%; height: auto; overflow: visible; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; margin: .2rem 0 .7rem; padding: 0;
  font-size: .9rem; }
.legend span { font-size: .85rem; display: inline-block; min-width: 1em; text-align: center; }
.files { margin: .3rem 0; }
#vg-tooltip-element { background: var(--card) !important; color: var(--text) !important; max-width: min(26rem, 90vw);
  border: 1px solid var(--line) !important; font: .84rem/1.4 system-ui, sans-serif !important;
  box-shadow: 0 3px 14px rgb(0 0 0 / .25) !important; border-radius: .4rem !important;
  padding: .5rem .7rem !important; }
#vg-tooltip-element td { border: 0; padding: .05rem .4rem .05rem 0; white-space: normal !important;
  max-width: none !important; text-align: start !important; vertical-align: top; overflow-wrap: anywhere; }
#vg-tooltip-element td.key { color: var(--soft) !important; white-space: nowrap !important; }

.scroll { overflow-x: auto; margin: .6rem 0; max-width: 100%; }
details .scroll { max-height: 26rem; overflow-y: auto; border: 1px solid var(--line); border-radius: .4rem; }
details .scroll thead th { position: sticky; top: 0; background: var(--card); }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .34rem .8rem; border-bottom: 1px solid var(--line); text-align: end; white-space: nowrap; }
thead th { color: var(--soft); font-weight: 600; vertical-align: bottom; }
tbody th { font-weight: 400; }
th:first-child, .text th, .text td { text-align: start; }
tbody tr:last-child > * { border-bottom: 0; }
tbody tr:hover > * { background: color-mix(in srgb, var(--line) 35%, transparent); }
.text td { white-space: normal; min-width: 7rem; overflow-wrap: anywhere; }
.focus > * { font-weight: 650; }
.reported > * { opacity: .6; font-style: italic; }
details { margin: .5rem 0; }
summary { cursor: pointer; color: var(--focus); font-size: .92rem; width: fit-content; padding: .15rem .1rem; }

.beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1rem; }
.beside section > h4 { text-transform: uppercase; font-size: .78rem; letter-spacing: .06em; }
.kept h4 { color: var(--good); } .rejected h4 { color: var(--bad); }
article { border-left: 3px solid var(--line); padding: .3rem 0 .3rem .8rem; margin: 0 0 .7rem; font-size: .93rem; }
.kept article { border-color: var(--good); } .rejected article { border-color: var(--bad); }
article p { margin: 0 0 .15rem; overflow-wrap: anywhere; }
article footer { color: var(--soft); font-size: .82rem; }
.tag { background: color-mix(in srgb, var(--bad) 16%, transparent); color: var(--bad); border-radius: 1rem;
  padding: .02rem .5rem; }

@media (max-width: 40rem) {
  .page { padding: 0 .7rem 3rem; }
  main > section { padding: .9rem .8rem; }
  h1 { font-size: 1.55rem; }
  th, td { padding: .3rem .5rem; }
}
@media print {
  :root { color-scheme: light; --back: #fff; --card: #fff; --text: #000; --soft: #444; --line: #ccc; }
  nav, .skip, .files { display: none; }
  main > section { border: 0; padding: 0; }
  figure, article, tr { break-inside: avoid; }
  .scroll, pre { overflow: visible !important; max-height: none !important; }
}
"""
