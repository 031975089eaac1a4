"""Whether a result is the disease's or the batch's: tests, probes, baselines."""
