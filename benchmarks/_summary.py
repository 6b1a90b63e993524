"""Each model over all tables, against CatBoost and against the best boosted tree."""

import numpy as np
import pandas as pd

PEER = "CatBoost"
TREES = ("CatBoost", "LightGBM", "HistGradientBoosting")
TICKS = (-0.5, -0.2, -0.1, -0.05, -0.02, -0.01, 0.0, 0.01, 0.02, 0.05, 0.1, 0.2)


def means(records: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Mean over folds, a row a model, a column a table."""
    return records.groupby(["model", "data"], sort=False)[metric].mean().unstack("data")


def gaps(records: pd.DataFrame) -> pd.DataFrame:
    """AUC less that of the best boosted tree on the same table, of those that ran."""
    auc = means(records, "auc")
    return auc - auc[auc.index.isin(TREES)].max()


def summary(records: pd.DataFrame) -> pd.DataFrame:
    """A row a model, the best average rank first, over the tables that CatBoost has results on.

    Differences in AUC are the model's less the other's: above 0 is better than it. The best of
    several trees is chosen on the test rows, which favours it a little. Money is by the thresholds
    that are right for the costs, as a ratio to CatBoost's: below 1 is better.
    """
    records = records[records["data"].isin(records.loc[records["model"] == PEER, "data"])]
    auc, money = means(records, "auc"), means(records, "money")
    rank = auc.rank(ascending=False).mean(axis=1)
    ahead, gap, ratio = auc - auc.loc[PEER], gaps(records), money / money.loc[PEER]
    wins = (ahead > 0).sum(axis=1).astype(str) + " of " + ahead.notna().sum(axis=1).astype(str)
    peer, tree, cost = f"AUC - {PEER}", "AUC - best boosted tree", f"money / {PEER}"
    shown = pd.DataFrame(
        {
            ("", "rank"): rank.map("{:.2f}".format),
            (peer, "mean"): ahead.mean(axis=1).map("{:+.4f}".format),
            (peer, "median"): ahead.median(axis=1).map("{:+.4f}".format),
            (peer, "wins"): wins,
            (tree, "mean"): gap.mean(axis=1).map("{:+.4f}".format),
            (tree, "median"): gap.median(axis=1).map("{:+.4f}".format),
            (tree, "worst"): gap.min(axis=1).map("{:+.4f}".format),
            (tree, "on"): gap.idxmin(axis=1),
            (cost, "mean"): ratio.mean(axis=1).map("{:.3f}".format),
            (cost, "worst"): ratio.max(axis=1).map("{:.3f}".format),
        }
    )
    return shown.loc[rank.sort_values(kind="stable").index].rename_axis(None)


def plot_gaps(records: pd.DataFrame, path: str) -> None:
    """Gap in AUC to the best boosted tree, a dot a model; tables by the gap of the first model."""
    from matplotlib.figure import Figure

    gap = gaps(records)
    gap = gap[gap.iloc[0].sort_values().index]
    heights = np.arange(gap.shape[1])
    figure = Figure(figsize=(7, 1.6 + 0.3 * len(heights)), layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color="0.8", zorder=0)
    for number, name in enumerate(gap.index):
        first = number == 0
        axes.plot(
            gap.loc[name],
            heights,
            "D" if first else "o",
            color=f"C{number}",
            markersize=7 if first else 4,
            zorder=3 if first else 2,
            label=name,
        )
    axes.set_yticks(heights, gap.columns)
    # Linear where most models are, so that one that fails does not squeeze the others.
    axes.set_xscale("symlog", linthresh=0.02)
    low, high = axes.get_xlim()
    axes.set_xticks([tick for tick in TICKS if low <= tick <= high])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.set_xlabel("AUC less that of the best boosted tree (right of 0: better)")
    axes.set_title(f"Boosted trees: {', '.join(TREES)}", fontsize="medium")
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize="small", frameon=False)
    figure.savefig(path, dpi=150)
