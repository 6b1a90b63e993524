"""From raw columns to numbers: roles, cleaning and encoding, by scikit-learn and pandas."""

from skann.preprocessing._cleaner import TableCleaner
from skann.preprocessing._encoded_rows import EncodedRows
from skann.preprocessing._encoder import TableEncoder
from skann.preprocessing._piecewise import PiecewiseLinearEncoder
from skann.preprocessing._roles import column_roles
from skann.preprocessing._smooth_clip import SmoothClipScaler

__all__ = [
    "EncodedRows",
    "PiecewiseLinearEncoder",
    "SmoothClipScaler",
    "TableCleaner",
    "TableEncoder",
    "column_roles",
]
