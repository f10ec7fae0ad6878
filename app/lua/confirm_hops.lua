-- Confirm decisions that were made by rules which a replica had at hand, and count their hits.
-- keys:
--   sessions  hashes  the sessions
-- args:
--   ttl_ms   integer  life after the last use, in ms
--   decided  list     of each session the version of the documents, and how many hops they answer
-- replies:
--   ok     all decisions stand
--   mixed  a word for each session, in order: ok, stale, due, gone or refused; counted is what is 'ok'
-- atomic: check and count together: what is answered was right when it was counted.
-- ack: memory
-- include: refusal, outdated, even_when_full, is_due
local function count(session, hits)
  local counted = redis.pcall('HINCRBY', session, 'injectedSpans', hits)
  if type(counted) == 'table' then
    even_when_full(session)
    redis.call('HINCRBY', session, 'injectedSpans', hits)
  end
end
-- Of one session: 'stale' where the documents are others by now, 'due' where it is to be renewed with all
-- its keys, which another script does, 'gone' where no open session has this id. Below, 'refused' is one that
-- cannot be read or counted.
local function confirm(session, version, hits)
  local refused, left, revision, tag = refusal(session, 'revision', 'tag')
  if refused == 'gone' then
    return 'gone'
  end
  if outdated(revision, tag, version) then
    return 'stale'
  end
  if is_due(left, ttl_ms) then
    return 'due'
  end
  if hits ~= '0' then
    count(session, hits)
  end
  return 'ok'
end
-- Whether it is the store that refuses; what else goes wrong is one session's own, and no matter of the others.
local function is_of_the_store(text)
  local refusals = {
    'READONLY', 'MISCONF', 'NOREPLICAS', 'MASTERDOWN', 'NOPERM', 'ACL', 'OOM',
  }
  for _, refusal_of_the_store in ipairs(refusals) do
    if string.find(text, refusal_of_the_store, 1, true) then
      return true
    end
  end
  return false
end
local words, all_stand = { 'mixed' }, true
for i, session in ipairs(sessions) do
  local worked, word = pcall(confirm, session, decided[2 * i - 1], decided[2 * i])
  if not worked then
    local text = type(word) == 'table' and word.err or word
    if is_of_the_store(text) then
      return redis.error_reply(text)
    end
    word = 'refused'
  end
  words[i + 1], all_stand = word, all_stand and word == 'ok'
end
return all_stand and { 'ok' } or words
