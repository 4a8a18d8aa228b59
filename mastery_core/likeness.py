"""Likeness: an order in which learners who know alike stand side by side."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering
from scipy.spatial.distance import pdist

# Up to so many rows the leaves are turned so that neighbours are as alike as can be, which takes the square of their number.
MOST_TURNED = 200


def by_likeness(score: ArrayLike) -> NDArray[np.intp]:
    """The rows of ``score`` (learners x concepts, NaN where nothing is known) so that alike ones are neighbours.

    Average linkage of Euclidean distances (Sokal and Michener 1958), the leaves in the order of Bar-Joseph, Gifford and Jaakkola
    (2001) where there are not too many. What is not known counts as the mean of its concept. Indices, as ``argsort`` gives them;
    the end with the lower mean comes first.
    """
    known = np.asarray(score, dtype=np.float64)
    if known.shape[0] < 3 or known.shape[1] == 0:
        return np.arange(known.shape[0], dtype=np.intp)
    counts = np.isfinite(known).sum(axis=0)
    means = np.nansum(known, axis=0) / np.maximum(counts, 1)
    filled = np.where(np.isfinite(known), known, means)
    distances = pdist(filled)
    tree = linkage(distances, method="average")
    order = leaves_list(optimal_leaf_ordering(tree, distances) if len(filled) <= MOST_TURNED else tree).astype(np.intp)
    half = len(order) // 2
    turned: NDArray[np.intp] = order if filled[order[:half]].mean() <= filled[order[half:]].mean() else order[::-1]
    return turned
