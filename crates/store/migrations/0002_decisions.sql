-- What people decided, in order; never changed, never removed. The act is JSON: it must be readable for decades.
CREATE TABLE decisions (
    number BIGINT PRIMARY KEY,
    made BIGINT NOT NULL, -- nanoseconds since the Unix epoch
    decision TEXT NOT NULL
);
