-- The filter: asks the runtime about every hop of a session, answers the hops that it has an answer for,
-- and uploads what was observed of the others once their response has passed by.

local json = require("softprobe.json")
local otlp = require("softprobe.otlp")
local settings = require("softprobe.settings")
local trace_context = require("softprobe.trace_context")
local utf8 = require("softprobe.utf8")

local RUNTIME, HELPER = "softprobe_runtime", "softprobe_helper"
local BODY_GATE_HEADER = "x-softprobe-body"
local UNANSWERED_HEADER = "x-softprobe-unanswered"
local METADATA = "softprobe"
local BODILESS_STATUS = { [204] = true, [304] = true }

local function now(handle) return handle:timestampString(EnvoyTimestampResolution.MICROSECOND) .. "000" end

local function runtime_headers(path)
  return {
    [":method"] = "POST",
    [":path"] = path,
    [":authority"] = settings.runtime,
    ["content-type"] = "application/json",
    ["accept"] = "application/json",
    ["authorization"] = settings.authorization,
  }
end

-- The request ---------------------------------------------------------------------------------------

-- Protocols that a held body would stall and that one response cannot answer.
local function passes_by(headers)
  local content_type = headers:get("content-type") or ""
  return headers:get("upgrade") ~= nil
    or headers:get(":method") == "CONNECT"
    or content_type:find("^application/grpc") ~= nil
end

-- Whether the body is small enough to be held: by its length, else by what the gate in front of this
-- filter found out about a body without one.
local function is_within_limit(headers)
  local length = tonumber(headers:get("content-length") or "")
  if length then return length <= settings.body_limit end
  return headers:get(BODY_GATE_HEADER) == "whole"
end

-- The request's body; nil where it is over the limit.
local function request_body(handle, hop)
  if hop.truncated then return nil end
  local body = handle:body()
  return body and body:length() > 0 and body:getBytes(0, body:length()) or ""
end

-- The attributes of a hop as it came, before anything is written into it. Waiting for the body ends the
-- life of every object that Envoy has handed out, so that the headers come first.
local function describe(handle, headers, hop)
  local path, query = headers:get(":path"):match("^([^?]*)%??(.*)$")
  local attributes = {
    otlp.text("sp.session.id", hop.session),
    otlp.text("sp.traffic.direction", hop.direction),
    otlp.text("sp.service.name", hop.service),
    otlp.text("http.request.method", hop.method),
    otlp.text("url.host", utf8.header_text(headers:get(":authority") or "")),
    otlp.text("url.path", utf8.uri_text(path)),
  }
  if query ~= "" then attributes[#attributes + 1] = otlp.text("url.query", utf8.uri_text(query)) end
  otlp.add_headers(attributes, "http.request.header.", headers)
  otlp.add_body(attributes, "http.request.body", request_body(handle, hop))
  hop.attributes = table.concat(attributes, ",")
end

local function new_hop(handle, headers, session)
  local trace_id, parent_id = trace_context.read_parent(headers:get("traceparent"))
  return {
    session = session,
    direction = settings.direction,
    service = settings.service,
    method = headers:get(":method"),
    trace_id = trace_id or trace_context.new_id(16),
    span_id = trace_context.new_id(8),
    parent_id = parent_id,
    start = now(handle),
    truncated = not is_within_limit(headers),
  }
end

-- To the protocol an unknown session is a miss; to who mistyped its id it is a test against the real upstream.
local function warn_of_unknown_session(handle, hop, body)
  if body and body:find('"session_not_found"', 1, true) then
    handle:logWarn(("session %s is unknown or closed; the hop goes to its upstream"):format(json.encode(hop.session)))
  end
end

-- The runtime's answer to a hop; nil for a miss; nil and a reason where there was no usable answer.
local function ask(handle, hop)
  local options = { timeout_ms = settings.inject_timeout_ms, send_xff = false }
  local payload = otlp.payload(hop, "inject", hop.truncated and { otlp.truncated } or {})
  local headers, body = handle:httpCall(RUNTIME, runtime_headers("/v1/inject"), payload, options)
  local status = headers[":status"]
  if status == "404" then
    warn_of_unknown_session(handle, hop, body)
    return nil
  end
  if status ~= "200" then return nil, "it answered " .. status end
  local answer, reason = otlp.read_answer(body)
  return answer, reason and "its answer has " .. reason
end

-- Waits without holding a thread: the helper listener answers a pause when it is over.
local function pause(handle, delay_ms)
  if delay_ms <= 0 then return end
  local headers = {
    [":method"] = "GET",
    [":path"] = "/pause",
    [":authority"] = HELPER,
    ["x-envoy-fault-delay-request"] = ("%d"):format(delay_ms),
  }
  handle:httpCall(HELPER, headers, nil, { timeout_ms = delay_ms + 1000 })
end

local function give(handle, hop, answer)
  pause(handle, answer.delay_ms)
  local headers = answer.headers
  headers[":status"] = tostring(answer.status)
  local bodiless = hop.method == "HEAD" or BODILESS_STATUS[answer.status]
  handle:respond(headers, not bodiless and answer.body or nil)
end

local function refuse(handle, reason)
  local headers = {
    [":status"] = "503",
    ["content-type"] = "application/json",
    ["x-softprobe-proxy-error"] = "runtime_unavailable",
  }
  local message = "The proxy got no usable answer from the runtime (" .. reason .. ") and is set to fail closed."
  handle:respond(headers, json.encode({ error = "runtime_unavailable", message = message }))
end

local function decide(handle, session)
  local headers = handle:headers()
  local hop = new_hop(handle, headers, session)
  headers:remove(BODY_GATE_HEADER)
  if not passes_by(headers) then
    describe(handle, headers, hop)
    local answer, failure = ask(handle, hop)
    if answer then return give(handle, hop, answer) end
    if failure then handle:logWarn("no usable answer from the runtime: " .. failure) end
    if failure and not settings.fail_open then return refuse(handle, failure) end
    handle:streamInfo():dynamicMetadata():set(METADATA, "hop", hop)
  end
  trace_context.carry(handle:headers(), hop)
end

-- Envoy forwards what a script fails on; a proxy that fails closed must not.
function envoy_on_request(handle)
  local session = trace_context.session(handle:headers())
  if not session then return end
  local ok, problem = pcall(decide, handle, session)
  if ok then return end
  handle:logErr("the filter failed: " .. tostring(problem))
  if not settings.fail_open then refuse(handle, "the filter itself failed") end
end

-- The response --------------------------------------------------------------------------------------

-- The response's body, let through chunk by chunk; nil where it is over the limit.
local function response_body(handle)
  local chunks, size = {}, 0
  for chunk in handle:bodyChunks() do
    size = size + chunk:length()
    if size > settings.body_limit then
      chunks = {}
    elseif chunk:length() > 0 then
      chunks[#chunks + 1] = chunk:getBytes(0, chunk:length())
    end
  end
  if size > settings.body_limit then return nil end
  return table.concat(chunks)
end

local function observe(handle, headers, hop)
  local attributes = { otlp.integer("http.response.status_code", tonumber(headers:get(":status"))) }
  otlp.add_headers(attributes, "http.response.header.", headers)
  local body = response_body(handle)
  otlp.add_body(attributes, "http.response.body", body)
  if hop.truncated or not body then attributes[#attributes + 1] = otlp.truncated end
  return attributes
end

-- Sends the recording behind the caller's back, through the helper, which tries again where the runtime
-- cannot take it for the moment.
local function upload(handle, payload)
  local options = { asynchronous = true, timeout_ms = settings.upload_timeout_ms, send_xff = false }
  handle:httpCall(HELPER, runtime_headers("/v1/traces"), payload, options)
end

function envoy_on_response(handle)
  local hop = (handle:streamInfo():dynamicMetadata():get(METADATA) or {}).hop
  if not hop then return end
  local headers = handle:headers()
  local unanswered = headers:get(UNANSWERED_HEADER)
  local attributes = unanswered and { otlp.text("error.type", unanswered) } or observe(handle, headers, hop)
  upload(handle, otlp.payload(hop, "extract", attributes, now(handle)))
end
