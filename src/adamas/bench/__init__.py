"""The bench: us, the peers and the memory's limit, measured in turns on this machine."""

from adamas.bench.contestants import CONTESTANTS as CONTESTANTS
from adamas.bench.contestants import read_contestants as read_contestants
from adamas.bench.environment import environment as environment
from adamas.bench.lineup import Progress as Progress
from adamas.bench.lineup import bench as bench
from adamas.bench.plan import rows as rows
from adamas.bench.sizes import SIZES as SIZES
