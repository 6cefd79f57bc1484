//! The embedded store: journal, captures, evidence frames, advisories
