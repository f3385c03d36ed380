"""NumPy: any rule as an optimizer of nested arrays, updated in place."""

from adamas.numpy.minimize import minimize as minimize
from adamas.numpy.minimize import scipy_method as scipy_method
from adamas.numpy.optimizer import Optimizer as Optimizer
from adamas.numpy.storage import load as load
from adamas.numpy.storage import save as save
from adamas.numpy.tree import paths as paths
