import numpy as np
import pytest
from sklearn.preprocessing import OneHotEncoder

from skann.preprocessing._onehot import OneHotCodes


def test_codes_are_encoded_as_scikit_learn_does():
    n_levels = [1, 4, 12]
    codes = np.random.default_rng(0).integers(0, np.array(n_levels) + 1, (200, 3)).astype(float)
    theirs = OneHotEncoder(
        categories=[np.arange(1, n + 1) for n in n_levels],
        handle_unknown="ignore",
        sparse_output=False,
        dtype=np.float32,
    )
    ours = OneHotCodes(n_levels).fit(codes)
    np.testing.assert_array_equal(ours.transform(codes), theirs.fit_transform(codes))
    assert ours.transform(codes).dtype == np.float32
    assert len(ours.get_feature_names_out()) == 17


def test_another_number_of_columns_is_refused():
    with pytest.raises(ValueError, match="expecting 2 features"):
        OneHotCodes([2, 3]).fit(np.ones((4, 2))).transform(np.ones((4, 3)))
