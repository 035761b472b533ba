-- The words of titles and messages. Of parts that were written before, the text itself is read.
ALTER TABLE events ADD INDEX IF NOT EXISTS words lower(concat(title, '\n', error_value)) TYPE text(tokenizer = 'splitByNonAlpha')
