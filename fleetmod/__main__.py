"""`python -m fleetmod`"""

from fleetmod.quick import main

main()
