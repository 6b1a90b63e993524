"""Two threads for every library, which have to be told before they are imported.

Import this module before NumPy and scikit-learn. Threads wait asleep: where other programs use the
cores, too, threads that spin make a fit of boosted trees take ten times as long and more.
"""

import os

N_THREADS = 2

for _name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ.setdefault(_name, str(N_THREADS))
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
