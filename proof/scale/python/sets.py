"""Calibrates and makes conformal sets with MAPIE, scipy and netcal: sets.py FOLDER CLASSES.

FOLDER holds float32 rows and int32 classes, as validation.f32, validation.i32 and new.f32, and asked.json: the
temperature, the parameters of RAPS, the allowed share of misses, and the sets to compare with. Prints a line of JSON:
how many of those sets are MAPIE's, and the weights, biases and losses that scipy and netcal find.

MAPIE's scores, quantiles and sets are its own code. MAPIE randomises each score of APS and RAPS; here that random
number is 0. It fits the parameters of RAPS on a part of the rows; here they are given.
"""

import json
import sys
import warnings

import numpy as np
from mapie.classification import SplitConformalClassifier
from mapie.conformity_scores import APSConformityScore, LACConformityScore, RAPSConformityScore
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin

warnings.filterwarnings("ignore")


class NoCoin(np.random.RandomState):
    def uniform(self, low=0.0, high=1.0, size=None):
        return np.zeros(size)


class Rows(ClassifierMixin, BaseEstimator):
    """A classifier that returns its input features as logits."""

    def __init__(self, temperature, classes):
        self.temperature, self.classes = temperature, classes

    def fit(self, x, y):
        return self

    def __sklearn_is_fitted__(self):
        return True

    @property
    def classes_(self):
        return np.arange(self.classes)

    def predict_proba(self, x):
        return softmax(x.astype(np.float64) / self.temperature, axis=1)

    def predict(self, x):
        return self.predict_proba(x).argmax(axis=1)


def given(penalty, free):
    """RAPS with given parameters, and a threshold from all rows."""

    class Given(RAPSConformityScore):
        def split_data(self, x, y, y_enc, sample_weight=None, groups=None):
            self.X_raps, self.y_raps, self.n_samples_ = x, y_enc, len(x)
            return x, y, y_enc, sample_weight, groups

        def get_conformity_score_quantiles(self, scores, alpha, cv, agg_scores="mean", **_):
            self.k_star, self.lambda_star = np.array([free]), np.array([penalty])
            scores = self._regularize_conformity_score(self.k_star, self.lambda_star, scores, self.cutoff)
            return APSConformityScore.get_conformity_score_quantiles(self, scores[:, :, 0], alpha, cv, agg_scores)

    return Given()


def is_same(row, ours, p):
    """True when a set equals MAPIE's. Two differences are allowed. LAC of MAPIE leaves some sets empty, where ours has
    the likeliest class. MAPIE also includes all classes within 1e-8 of the last probability, where ours takes equal
    ones by their id."""
    if not row.any():
        return set(ours) == {p.argmax()}
    return all(abs(p[c] - p[ours].min()) < 1e-8 for c in set(np.flatnonzero(row)) ^ set(ours))


def equal_sets(x, y, new, asked, classes):
    scores = {"lac": LACConformityScore(), "aps": APSConformityScore(), "raps": given(asked["rank_penalty"], asked["free_ranks"])}
    equal = {}
    for method, score in scores.items():
        model = SplitConformalClassifier(
            Rows(asked["temperature"], classes),
            confidence_level=1 - asked["miscoverage"],
            prefit=True,
            conformity_score=score,
            random_state=NoCoin(),
        )
        model.conformalize(x, y)
        words = {} if method == "lac" else {"conformity_score_params": {"include_last_label": False}}
        _, found = model.predict_set(new, **words)
        p = Rows(asked["temperature"], classes).predict_proba(new)
        equal[method] = sum(map(is_same, found[:, :, 0], asked["sets"][method], p))
    return equal


def optimum(x, y, start, is_shared):
    """scipy's L-BFGS-B, then Newton steps with the full Hessian until nothing changes."""
    n, classes = x.shape
    came = np.zeros_like(x)
    came[np.arange(n), y] = 1
    weights = 1 if is_shared else classes

    def at(theta):
        logp = log_softmax(x * theta[:weights] + theta[weights:], axis=1)
        gap = np.exp(logp) - came
        slope = (gap * x).mean(axis=0)
        return -(logp * came).sum() / n, np.concatenate([[slope.sum()] if is_shared else slope, gap.mean(axis=0)])

    theta = np.concatenate([np.full(weights, start), np.zeros(classes)])
    found = minimize(at, theta, jac=True, method="L-BFGS-B", options={"maxiter": 5000, "ftol": 1e-16, "gtol": 1e-10, "maxcor": 20})
    theta = found.x
    for _ in range(6):
        hessian = np.array([(at(theta + 1e-5 * e)[1] - at(theta - 1e-5 * e)[1]) / 2e-5 for e in np.eye(len(theta))])
        theta = theta - np.linalg.lstsq(hessian, at(theta)[1], rcond=1e-12)[0]
    biases = theta[weights:] - theta[weights:].mean()
    return {"weights": theta[:weights].tolist(), "biases": biases.tolist(), "nll": at(theta)[0], "reads": found.nfev}


def netcal_temperature(x, y):
    """netcal's result; None when netcal is not installed."""
    try:
        from netcal.scaling import TemperatureScaling
    except ImportError:
        return None
    model = TemperatureScaling(method="mle").fit(softmax(x, axis=1), y)
    return 1 / float(np.ravel(model._sites["weights"]["values"])[0])


if __name__ == "__main__":
    folder, classes = sys.argv[1], int(sys.argv[2])
    asked = json.load(open(f"{folder}/asked.json"))
    x = np.fromfile(f"{folder}/validation.f32", "<f4").reshape(-1, classes).astype(np.float64)
    y = np.fromfile(f"{folder}/validation.i32", "<i4")
    new = np.fromfile(f"{folder}/new.f32", "<f4").reshape(-1, classes).astype(np.float64)
    start = 1 / asked["temperature"]
    print(
        json.dumps(
            {
                "equal": equal_sets(x, y, new, asked, classes),
                "bias_scaling": optimum(x, y, start, True),
                "vector_scaling": optimum(x, y, start, False),
                "netcal_temperature": netcal_temperature(x, y),
            },
            default=int,
        )
    )
