"""Raw columns -> numbers: roles, cleaning and encoding, with scikit-learn and pandas alone."""

from skann.preprocessing._cleaner import TableCleaner
from skann.preprocessing._encoder import TableEncoder
from skann.preprocessing._roles import column_roles

__all__ = ["TableCleaner", "TableEncoder", "column_roles"]
