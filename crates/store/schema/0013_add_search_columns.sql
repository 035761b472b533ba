-- What people search by besides fields and tags. Rows lie by issue, whose stacks are much alike: they take little.
-- `stack_*` are of the frames of an event's exceptions and of its crashed thread, each name once.
ALTER TABLE events
    ADD COLUMN IF NOT EXISTS user_email String DEFAULT if(startsWith(user, 'email:'), substring(user, 7), '') CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS stack_functions Array(LowCardinality(String)) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS stack_filenames Array(LowCardinality(String)) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS stack_modules Array(LowCardinality(String)) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS stack_packages Array(LowCardinality(String)) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS flags Map(LowCardinality(String), LowCardinality(String)) CODEC(ZSTD(1))
