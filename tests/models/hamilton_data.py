"""Two series of the literature on Markov switching, from the test data of statsmodels.

`gnp`: growth of real US GNP, 1951q2–1984q4 (Hamilton 1989); `fed_funds`: the federal funds rate,
1954q3–2010q4 (Stata 14 manual, mswitch).
"""

import warnings

import numpy as np

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # marks of their own test suite
    from statsmodels.tsa.regime_switching.tests.test_markov_autoregression import (
        hamilton_ar4_filtered,
        rgnp,
    )
    from statsmodels.tsa.regime_switching.tests.test_markov_regression import fedfunds

gnp = np.array(rgnp)
gnp_filtered = np.array(hamilton_ar4_filtered)  # EViews, six digits
fed_funds = np.array(fedfunds)
