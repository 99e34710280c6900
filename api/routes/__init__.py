"""One router per noun: parse, one call to a use case, answer."""
