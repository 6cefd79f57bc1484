"""The lab: a small industrial plant of real protocol stacks in network namespaces."""
