-- Read a page of a session's buffered spans: some at most, and of them no more than fit.
-- keys:
--   session  hash  the session
--   case     hash  the loaded case: its document, its answers and their index
--   spans    list  buffered spans
--   seen     set  identities of the spans seen
--   claims   set  rules of the session that have answered once
--   case_claims  set  the same of the case's rules
--   cursors  hash  how many of the same recordings were handed out
-- args:
--   start      integer  position of the page's first span
--   max_spans  integer  how many spans a page holds at most
--   max_bytes  integer  how long a page is at most, in bytes
-- replies:
--   ok    the spans, in order; none at the end
--   long  the length of the first span, which is longer than a page
-- atomic: reads only.
-- No command tells how long a list's elements are, so they are looked at here and not at the caller's, in
-- strides no longer than what is left of the page would hold of the longest span seen so far.
local page, bytes, longest = {}, 0, tonumber(max_bytes)
while #page < tonumber(max_spans) do
  local room = math.floor((max_bytes - bytes) / longest)
  local stride = math.max(1, math.min(room, 64, max_spans - #page))
  local from = start + #page
  local found = redis.call('LRANGE', spans, from, from + stride - 1)
  for _, span in ipairs(found) do
    if #page == 0 and #span > tonumber(max_bytes) then
      return { 'long', #span }
    end
    if bytes + #span > tonumber(max_bytes) then
      return { 'ok', page }
    end
    page[#page + 1] = span
    bytes = bytes + #span
    longest = (#page == 1) and math.max(#span, 1) or math.max(longest, #span)
  end
  if #found < stride then
    break
  end
end
return { 'ok', page }
