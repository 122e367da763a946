-- Arabic loses the article, and letters that are apostrophes (Hawaiʻi) are spaces as the other apostrophes are.
CREATE OR REPLACE FUNCTION jobs_plain_text(raw text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT AS $$
DECLARE
    plain text := normalize(raw, NFKC);
BEGIN
    IF strpos(plain, 'IT') > 0 THEN
        plain := regexp_replace(plain, '\mIT\M', 'itsector', 'g');
    END IF;
    IF strpos(plain, '#') > 0 THEN
        plain := regexp_replace(plain, '\m([cfj])#', '\1sharp ', 'gi');
    END IF;
    IF strpos(plain, '++') > 0 THEN
        plain := regexp_replace(plain, '\mc\+\+', 'cplusplus ', 'gi');
    END IF;
    IF plain ~* '\.net\M' THEN
        plain := regexp_replace(plain, '(\m(?:asp|vb|ado)|^|[^[:alnum:]._])\.net\M', '\1 dotnet', 'gi');
    END IF;
    IF plain ~* 'js\M' THEN
        plain := regexp_replace(plain, '\m([[:alnum:]]+)\.js\M', '\1js', 'gi');
        plain := regexp_replace(plain, '\m(node|react|vue|next|angular|express) js\M', '\1js', 'gi');
    END IF;
    IF strpos(plain, '.') > 0 THEN
        -- Ph.D., U.S., B.Sc.
        plain := regexp_replace(plain, '(?<=\m[[:alpha:]])\.(?=[[:alpha:]]{1,2}\M)', '', 'g');
        plain := regexp_replace(plain, '(?<=\m[[:alpha:]]{2})\.(?=[[:alpha:]]\M)', '', 'g');
    END IF;
    IF plain ~ '[\u0621-\u064A]' THEN
        -- Hamza and madda on alef, teh marbuta and alef maksura, which many leave out; marks and tatweel; the article.
        plain := translate(
            regexp_replace(plain, '[\u064B-\u065F\u0670\u0640]', '', 'g'),
            E'\u0623\u0625\u0622\u0671\u0649\u0629', E'\u0627\u0627\u0627\u0627\u064A\u0647'
        );
        plain := regexp_replace(plain, '\m\u0627\u0644(?=[\u0621-\u064A]{3})', '', 'g');
    END IF;
    IF plain ~ '[\u3005\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF\uAC00-\uD7A3\uF900-\uFAFF]' THEN
        plain := jobs_letter_pairs(plain);
    END IF;
    IF plain ~ '[''\u2019\u02BC]s\M' THEN
        plain := regexp_replace(plain, '[''\u2019\u02BC]s\M', '', 'gi');
    END IF;
    -- An expression, because translate() looks every letter up in the whole list: 20 times as long. The last six are
    -- letters, which unaccent turns into apostrophes and quotes.
    plain := regexp_replace(plain, E'[.,;:!?''\u2019\u2018`\u00B4()\\[\\]{}<>/\\\\|@#$%^&*+=~_\u2013\u2014\u2022\u00B7\u2026\u201E\u201C\u201D\u00AB\u00BB\u02B9-\u02BD\u02C8]', ' ', 'g');
    IF strpos(plain, '-') > 0 THEN
        plain := regexp_replace(plain, '(?<=[^[:space:]])-|-(?=[-[:space:]]|$)', ' ', 'g');
    END IF;
    RETURN plain;
END $$;

-- Words with such apostrophes, which no search has any more.
DELETE FROM jobs_suggestion WHERE kind = 'word' AND key ~ '[''"\\]';
