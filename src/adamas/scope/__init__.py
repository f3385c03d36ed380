"""The scope: statistics of a rule's quantities, accumulated in the pass that computes them."""

from adamas.scope.watch import Readings as Readings
from adamas.scope.watch import Watch as Watch
from adamas.scope.watch import watch as watch
