"""The shipped filter kernel on published data: Hamilton's GNP, the funds rate; and hmmlearn."""

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from models.hamilton import filter_step, filter_step_plain, predict, predict_plain

Floats = NDArray[np.float64]


def run_filter(start: Floats, matrix: Floats, logs: Floats, kernel=filter_step):  # type: ignore[no-untyped-def]
    state, total, path = start.copy(), 0.0, []
    for row in logs:
        total += kernel(state, matrix, row)
        path.append(state.copy())
    return total, np.array(path)


def stationary(matrix: Floats) -> Floats:
    size = len(matrix)
    equations = np.vstack([matrix.T - np.eye(size), np.ones(size)])
    return np.linalg.lstsq(equations, np.append(np.zeros(size), 1.0), rcond=None)[0]


def log_normal(errors: Floats, variance: Floats | float) -> Floats:
    return -0.5 * np.log(2 * np.pi * variance) - errors**2 / (2 * variance)


@pytest.mark.parametrize("kernel", [filter_step, filter_step_plain], ids=["compiled", "plain"])
def test_hamilton_gnp_as_a_chain_of_32_states(kernel) -> None:  # type: ignore[no-untyped-def]
    from tests.models.hamilton_data import gnp, gnp_filtered

    p00, p10 = 0.754673, 0.095915
    means = np.array([-0.358811, 1.163516])
    variance = math.exp(-0.262658) ** 2
    lags = np.array([0.013486, -0.057521, -0.246983, -0.212923])
    two = np.array([[p00, 1 - p00], [p10, 1 - p10]])
    histories = list(itertools.product((0, 1), repeat=5))  # state now, then 1 … 4 quarters ago
    matrix = np.zeros((32, 32))
    for i, old in enumerate(histories):
        for k, new in enumerate(histories):
            if new[1:] == old[:4]:
                matrix[i, k] = two[old[0], new[0]]
    logs = []
    for t in range(4, gnp.size):
        past = gnp[t - 1 : t - 5 if t > 4 else None : -1]
        errors = [gnp[t] - means[h[0]] - lags @ (past - means[list(h[1:])]) for h in histories]
        logs.append(log_normal(np.array(errors), variance))
    total, path = run_filter(stationary(matrix), matrix, np.array(logs), kernel)
    assert total == pytest.approx(-181.26339426, abs=5e-9)
    recession = path[:, [h[0] == 0 for h in histories]].sum(axis=1)
    assert recession[:3] == pytest.approx([0.22328479, 0.05080750, 0.00367970], abs=5e-9)
    assert 1.0 - recession == pytest.approx(gnp_filtered, abs=1e-5)
    assert stationary(two)[0] == pytest.approx(0.28108, abs=5e-6)
    assert [1 / (1 - p00), 1 / p10] == pytest.approx([4.0762, 10.4259], abs=5e-5)


def fed_funds_likelihood(parameters: list[float]) -> tuple[float, Floats]:
    from tests.models.hamilton_data import fed_funds

    p00, p10, low, high, *variances = parameters
    matrix = np.array([[p00, 1 - p00], [p10, 1 - p10]])
    errors = fed_funds[:, None] - np.array([low, high])
    start = stationary(matrix)
    return run_filter(start, matrix, log_normal(errors, np.array(variances)))


def test_fed_funds_with_two_constants() -> None:
    total, _ = fed_funds_likelihood([0.98209618, 0.05036498, 3.70877542, 9.55676298, 4.44181911])
    assert total == pytest.approx(-508.6359177, abs=5e-8)


def test_fed_funds_with_switching_variance() -> None:
    # statsmodels' estimates from its default start: a local maximum (there is −496.1455 elsewhere)
    from statsmodels.tsa.regime_switching.markov_regression import MarkovRegression

    from tests.models.hamilton_data import fed_funds

    estimates = [0.97075093, 0.02576548, 2.43177202, 7.32786614, 1.46840972, 8.62470224]
    total, path = fed_funds_likelihood(estimates)
    assert total == pytest.approx(-505.70163340, abs=5e-9)
    model = MarkovRegression(fed_funds, k_regimes=2, switching_variance=True)
    theirs = model.filter(np.array(estimates))
    assert total == pytest.approx(theirs.llf, abs=1e-10)
    assert path == pytest.approx(theirs.filtered_marginal_probabilities, abs=1e-12)


def test_equals_hmmlearn_with_gaussian_states() -> None:
    hmm = pytest.importorskip("hmmlearn.hmm")
    random = np.random.default_rng(11)
    model = hmm.GaussianHMM(3, covariance_type="full")
    model.startprob_ = np.array([0.2, 0.5, 0.3])
    model.transmat_ = np.array([[0.9, 0.07, 0.03], [0.1, 0.85, 0.05], [0.02, 0.08, 0.9]])
    model.means_ = np.array([[0.0], [1.0], [-2.0]])
    model.covars_ = np.array([[[0.3]], [[1.0]], [[4.0]]])
    values, _ = model.sample(400, random_state=5)
    errors = values - model.means_[:, 0]
    logs = log_normal(errors, model.covars_[:, 0, 0])
    # hmmlearn's start is the law of the first state, ours that of the state before it
    start = np.linalg.solve(model.transmat_.T, model.startprob_)
    total, path = run_filter(start, model.transmat_, logs)
    assert total == pytest.approx(model.score(values), rel=1e-12)
    for t in sorted(random.choice(400, 12, replace=False)):
        # the last smoothed posterior of a prefix is the filtered one
        assert path[t] == pytest.approx(model.predict_proba(values[: t + 1])[-1], abs=1e-11)


def test_permuting_states_permutes_probabilities() -> None:
    random = np.random.default_rng(3)
    matrix = random.dirichlet(np.ones(4), 4)
    logs = random.normal(0, 3, (50, 4))
    order = np.array([2, 0, 3, 1])
    total, path = run_filter(np.full(4, 0.25), matrix, logs)
    again, turned = run_filter(np.full(4, 0.25), matrix[np.ix_(order, order)], logs[:, order])
    assert again == pytest.approx(total, rel=1e-13)
    assert turned == pytest.approx(path[:, order], abs=1e-14)


def test_one_state_is_the_plain_likelihood() -> None:
    logs = np.random.default_rng(4).normal(0, 3, (50, 1))
    total, path = run_filter(np.ones(1), np.ones((1, 1)), logs)
    assert total == pytest.approx(logs.sum(), rel=1e-14)
    assert (path == 1.0).all()


def test_densities_far_below_the_smallest_float() -> None:
    state = np.array([0.5, 0.5])
    total = filter_step(state, np.eye(2), np.array([-5000.0, -5001.0]))
    assert total == pytest.approx(-5000.0 + math.log(0.5 * (1 + math.exp(-1.0))), rel=1e-15)
    assert state == pytest.approx([1 / (1 + math.exp(-1)), 1 / (1 + math.e)], rel=1e-14)


@pytest.mark.parametrize("kernel", [filter_step, filter_step_plain], ids=["compiled", "plain"])
def test_an_impossible_observation_leaves_the_prediction(kernel) -> None:  # type: ignore[no-untyped-def]
    state = np.array([1.0, 0.0])
    total = kernel(state, np.eye(2), np.array([-math.inf, 0.0]))
    assert (total, state.tolist()) == (-math.inf, [1.0, 0.0])


@pytest.mark.parametrize("kernel", [predict, predict_plain], ids=["compiled", "plain"])
def test_predicting_many_steps_is_a_power_of_the_matrix(kernel) -> None:  # type: ignore[no-untyped-def]
    matrix = np.random.default_rng(5).dirichlet(np.ones(3), 3)
    start = np.array([0.7, 0.1, 0.2])
    for steps in (0, 1, 7, 1440):
        state = start.copy()
        kernel(state, matrix, steps)
        expected = start @ np.linalg.matrix_power(matrix, steps)
        assert state == pytest.approx(expected, abs=1e-13)
