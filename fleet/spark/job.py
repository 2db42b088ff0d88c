"""What spark-submit runs."""

from strata_fleet.spark import main

if __name__ == "__main__":
    main()
