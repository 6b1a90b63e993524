"""The style of a report, and of a page that holds nothing else."""

from skann._html_style import TEXT_STYLE

_PARTS_STYLE = """
.skann-report .note, .skann-report small { color: var(--faint); font-size: .85em; }
.skann-report .verdict { font-size: 1.2em; font-weight: 600; }
.skann-report .tiles { display: grid; gap: .75rem; margin: 1rem 0;
  grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); }
.skann-report .tile { background: var(--wash); border-radius: .5rem; padding: .6rem .8rem; }
.skann-report .tile b { display: block; font-size: 1.5rem; font-weight: 600; }
.skann-report .tile small { display: block; }
.skann-report td small { display: block; white-space: nowrap; }
.skann-report tr.own { background: var(--wash); }
.skann-report .matrices, .skann-report .plots { display: grid; gap: 1rem 2rem; margin-top: 1rem;
  grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr)); }
.skann-report figure { margin: 0; min-width: 0; }
.skann-report figcaption { font-weight: 600; margin-bottom: .25rem; }
.skann-report svg { width: 100%; height: auto; display: block; }
.skann-report svg text { fill: currentColor; }
.skann-report .bar { background: var(--accent); height: .8rem; border-radius: .2rem;
  min-width: 1px; }
.skann-report .up { color: #dc5050; } .skann-report .down { color: #2f9e6e; }
.skann-report ul.reasons { margin: 0; padding: 0; list-style: none; }
.skann-report td.bars { width: 50%; }
@media (max-width: 62rem) {
  .skann-report th, .skann-report td { overflow-wrap: anywhere; }
  .skann-report table.wide thead { display: none; }
  .skann-report table.wide tr { display: grid; grid-template-columns: 1fr 1fr; gap: 0 1rem;
    border-bottom: 1px solid var(--line); padding: .5rem 0; }
  .skann-report table.wide th, .skann-report table.wide td { border: 0; padding: .15rem .4rem; }
  .skann-report table.wide th { grid-column: 1 / -1; text-align: left; }
  .skann-report table.wide td { text-align: left; }
  .skann-report table.wide td::before { content: attr(data-title) " "; color: var(--faint); }
  .skann-report table.wide td.text { grid-column: 1 / -1; }
}
"""

STYLE = TEXT_STYLE + _PARTS_STYLE

PAGE_STYLE = """
:root { color-scheme: light dark; }
body { margin: 0; padding: 1.5rem; background: #fff; color: #1c2024; }
.skann-report { margin: 0 auto; }
@media (prefers-color-scheme: dark) { body { background: #14171a; color: #e4e7ea; } }
"""
