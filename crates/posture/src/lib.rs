//! Journal in, site and findings out
