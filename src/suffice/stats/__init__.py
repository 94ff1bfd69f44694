"""Statistics without words of this domain: estimators, intervals, calibration. Pure."""
