-- Keep a capture session's observed spans, each once; other modes count them only.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   max_bytes  integer  what the session may buffer in all, in bytes
--   room       integer  how much it may buffer of these, in bytes; -1 for any
--   ttl_ms     integer  life after the last use, in ms
--   version    text     of the rules by which they are kept; empty where that does not matter
--   items      list  identity and payload of each span, in turn; an empty payload for one that was named before
-- replies:
--   ok       spans new to the session, over the limit or never with a payload, without room; bytes buffered by now
--   stale    the rules are others by now: nothing was kept
--   gone     no open session has this id
--   closing  a close is under way; its outcome is open
-- atomic: a span's identity, its payload and the counts are written together.
-- include: refusal, outdated, renew, is_due
local refused, left_to_live, revision, tag, mode, bytes, spans_held =
  refusal(session, 'revision', 'tag', 'mode', 'capturedBytes', 'extractedSpans')
if refused then
  return { refused }
end
if version ~= '' and outdated(revision, tag, version) then
  return { 'stale' }
end
local capturing, buffered, count = mode == 'capture', tonumber(bytes or 0), tonumber(spans_held or 0)
local fresh, over, beyond = 0, 0, 0
local left = room == '-1' and math.huge or tonumber(room)
-- So few at a time, because a call takes no more than some thousands of words.
for first = 1, #items, 2000 do
  local last = math.min(first + 1999, #items)
  local identities, named, payloads = {}, {}, {}
  for i = first, last, 2 do
    identities[#identities + 1] = items[i]
  end
  local known = redis.call('SMISMEMBER', seen, unpack(identities))
  local new = {}
  for i = first, last, 2 do
    local identity, size = items[i], capturing and #items[i + 1] or 0
    if known[(i - first) / 2 + 1] == 0 and not named[identity] then
      if buffered + size > tonumber(max_bytes) or capturing and size == 0 then
        over = over + 1
      elseif size > left then
        beyond = beyond + 1
      else
        named[identity] = true
        new[#new + 1], payloads[#payloads + 1] = identity, items[i + 1]
        fresh, buffered, left = fresh + 1, buffered + size, left - size
      end
    end
  end
  if #new > 0 then
    redis.call('SADD', seen, unpack(new))
    if capturing then
      redis.call('RPUSH', spans, unpack(payloads))
    end
  end
end
redis.call('HSET', session, 'extractedSpans', string.format('%.0f', count + fresh), 'capturedBytes', string.format('%.0f', buffered))
-- The first spans have made keys.
if count == 0 or is_due(left_to_live, ttl_ms) then
  renew(session, ttl_ms)
end
return { 'ok', fresh, over, beyond, buffered }
