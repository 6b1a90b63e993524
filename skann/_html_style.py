"""The style of text and tables in HTML, in the ink of the page, be that light or dark."""

TEXT_STYLE = """
.skann-report { font: 15px/1.5 system-ui, sans-serif; color: inherit; max-width: 64rem;
  overflow-wrap: break-word; --line: color-mix(in srgb, currentColor 18%, transparent);
  --faint: color-mix(in srgb, currentColor 65%, transparent);
  --wash: color-mix(in srgb, currentColor 6%, transparent); --accent: #3b82f6; }
.skann-report h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
.skann-report h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.skann-report p { margin: .25rem 0; max-width: 48rem; }
.skann-report table { border-collapse: collapse; width: 100%; margin: .5rem 0;
  font-variant-numeric: tabular-nums; font-size: .93em; background: none; }
.skann-report th, .skann-report td { padding: .35rem .5rem; text-align: right;
  vertical-align: top; border-bottom: 1px solid var(--line); background: none;
  white-space: normal; }
.skann-report th { font-weight: 600; }
.skann-report th:first-child, .skann-report .text { text-align: left; }
"""
