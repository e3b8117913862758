"""`python -m fleetmod`"""

from fleetmod.cli import main

main()
