-- How a session travels: W3C trace context. `tracestate` carries the session through the app, whose own
-- propagation copies it to outgoing calls, and `traceparent` gives every hop a trace to belong to.

local SESSION_HEADER = "x-softprobe-session-id"
local SESSION_KEY = "softprobe"
local MAX_MEMBERS, MAX_LENGTH, LONG_MEMBER = 32, 512, 128
local MAX_SESSION_LENGTH = 256

local random_source = assert(io.open("/dev/urandom", "rb"))

local trace_context = {}

-- A non-zero random id of `size` bytes, in lower-case hex.
function trace_context.new_id(size)
  local id = random_source:read(size):gsub(".", function(raw) return ("%02x"):format(raw:byte()) end)
  if id:find("[^0]") then return id end
  return trace_context.new_id(size)
end

-- `value` if it can be a session's id: it has to fit into `tracestate` as it is.
local function session_id(value)
  if value and #value <= MAX_SESSION_LENGTH and value:find("^[%w_.-]+$") then return value end
  return nil
end

-- The members of a `tracestate`, less ours, and the session that ours names.
local function read_state(state)
  local others, session = {}, nil
  for member in (state or ""):gmatch("[^,]+") do
    member = member:match("^[ \t]*(.-)[ \t]*$")
    local ours = member:match("^" .. SESSION_KEY .. "=(.*)$")
    if ours then
      session = session or session_id(ours)
    elseif member ~= "" then
      others[#others + 1] = member
    end
  end
  return others, session
end

-- The session that a request names, by its header or in its `tracestate`; else nil.
function trace_context.session(headers)
  local _, carried = read_state(headers:get("tracestate"))
  return session_id(headers:get(SESSION_HEADER)) or carried
end

local function joined_length(members)
  local length = #members - 1
  for _, member in ipairs(members) do length = length + #member end
  return length
end

-- Drops whole members, but never the first: `is_victim` says which may go, the last of them first.
local function shorten(members, is_victim)
  for index = #members, 2, -1 do
    if joined_length(members) <= MAX_LENGTH then return end
    if is_victim(members[index]) then table.remove(members, index) end
  end
end

-- `state` with the session's member in front and the other members kept, within the limits of W3C trace
-- context: of too many the last ones go; of too long a list the members over 128 bytes, then the last ones.
function trace_context.with_session(state, session)
  local members = { SESSION_KEY .. "=" .. session }
  for index, member in ipairs((read_state(state))) do
    if index == MAX_MEMBERS then break end
    members[index + 1] = member
  end
  shorten(members, function(member) return #member > LONG_MEMBER end)
  shorten(members, function() return true end)
  return table.concat(members, ",")
end

-- The trace id and the parent span id of a `traceparent`, or nil if it is missing or invalid.
function trace_context.read_parent(parent)
  local hex = "([0-9a-f]+)"
  local version, trace_id, span_id, flags, rest =
    (parent or ""):match("^" .. hex .. "%-" .. hex .. "%-" .. hex .. "%-" .. hex .. "(.*)$")
  if not version or #version ~= 2 or #trace_id ~= 32 or #span_id ~= 16 or #flags ~= 2 then return nil end
  if version == "ff" or (rest ~= "" and (version == "00" or rest:sub(1, 1) ~= "-")) then return nil end
  if not trace_id:find("[^0]") or not span_id:find("[^0]") then return nil end
  return trace_id, span_id
end

-- Writes the session and, where there is no valid one, a `traceparent` into a request.
function trace_context.carry(headers, hop)
  headers:replace("tracestate", trace_context.with_session(headers:get("tracestate"), hop.session))
  if not hop.parent_id then headers:replace("traceparent", ("00-%s-%s-01"):format(hop.trace_id, hop.span_id)) end
end

return trace_context
