"""Which line stands in which well: layouts that are randomised and blocked, and the judgement of any."""
