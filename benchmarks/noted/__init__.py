"""Every clip of the test data: what is seen, held against what people wrote down about it."""
