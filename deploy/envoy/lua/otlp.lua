-- The two payloads for the runtime and its answer, as OTLP JSON. A hop's attributes are kept as JSON
-- text, so that what was written for the question is not written again for the recording.

local base64 = require("softprobe.base64")
local json = require("softprobe.json")
local utf8 = require("softprobe.utf8")

local SPAN_KINDS = { inbound = 2, outbound = 3 }
local HEADER_NAME = "^[%w!#$%%&'*+.^_`|~-]+$"

local otlp = {}

local function attribute(key, value) return json.encode({ key = key, value = value }) end

local function text_value(text) return { stringValue = text } end

-- A text attribute of the hop, as JSON.
function otlp.text(key, text) return attribute(key, text_value(text)) end

-- An integer attribute of the hop, as JSON: OTLP writes 64-bit integers as strings.
function otlp.integer(key, number) return attribute(key, { intValue = ("%d"):format(number) }) end

-- The mark of a hop whose body passed the limit.
otlp.truncated = attribute("sp.body.truncated", { boolValue = true })

local function values_of(headers)
  local values, names = {}, {}
  for name, value in pairs(headers) do
    if not values[name] then
      values[name] = {}
      names[#names + 1] = name
    end
    table.insert(values[name], text_value(utf8.header_text(value)))
  end
  return values, names
end

-- Appends an attribute for each header but the pseudo-headers; several values make an array.
function otlp.add_headers(attributes, prefix, headers)
  local values, names = values_of(headers)
  for _, name in ipairs(names) do
    local all = values[name]
    local value = all[2] and { arrayValue = { values = json.array(all) } } or all[1]
    if name:sub(1, 1) ~= ":" then attributes[#attributes + 1] = attribute(prefix .. name, value) end
  end
end

-- Appends a body under `key`: text where it is UTF-8, else base64; an empty or missing one is left out.
function otlp.add_body(attributes, key, body)
  if not body or body == "" then return end
  local is_text = utf8.is_valid(body)
  attributes[#attributes + 1] = otlp.text(key, is_text and body or base64.encode(body))
  if not is_text then attributes[#attributes + 1] = otlp.text(key .. ".encoding", "base64") end
end

local function span(hop, attributes, finish)
  local fields = {
    ('"traceId":"%s","spanId":"%s","kind":%d'):format(hop.trace_id, hop.span_id, SPAN_KINDS[hop.direction]),
    '"name":' .. json.encode(hop.method),
    '"startTimeUnixNano":"' .. hop.start .. '"',
    '"attributes":[' .. table.concat(attributes, ",") .. "]",
  }
  if hop.parent_id then fields[#fields + 1] = '"parentSpanId":"' .. hop.parent_id .. '"' end
  if finish then fields[#fields + 1] = '"endTimeUnixNano":"' .. finish .. '"' end
  return "{" .. table.concat(fields, ",") .. "}"
end

-- One span in a payload. `attributes` are JSON texts; `finish` is nil while the hop is under way.
function otlp.payload(hop, span_type, attributes, finish)
  local all = { otlp.text("sp.span.type", span_type), hop.attributes, unpack(attributes) }
  local resource = otlp.text("service.name", hop.service)
  return ('{"resourceSpans":[{"resource":{"attributes":[%s]},"scopeSpans":[{"scope":{"name":"softprobe-envoy"},"spans":[')
    :format(resource) .. span(hop, all, finish) .. "]}]}]}"
end

local function plain_value(value)
  if value.arrayValue then
    local items = {}
    for index, item in ipairs(value.arrayValue.values or {}) do items[index] = plain_value(item) end
    return items
  end
  return value.stringValue or tonumber(value.intValue)
end

local function attributes_of(payload)
  local found = {}
  for _, item in ipairs(payload.resourceSpans[1].scopeSpans[1].spans[1].attributes) do
    found[item.key] = plain_value(item.value)
  end
  return found
end

local function answer_attributes(text)
  local payload, reason = json.decode(text)
  if payload == nil then error("no JSON: " .. reason, 0) end
  local ok, attributes = pcall(attributes_of, payload)
  return ok and attributes or error("no span", 0)
end

-- A header that would break the framing of the answer is an answer that cannot be given.
local function check_header(name, value)
  if type(value) ~= "string" or value:find("[%z\r\n]") or not name:find(HEADER_NAME) then
    error("a header that HTTP cannot carry", 0)
  end
end

local function answer_headers(attributes)
  local headers = {}
  for key, value in pairs(attributes) do
    local name = key:match("^http%.response%.header%.([^:].*)$")
    if name then
      for _, one in ipairs(type(value) == "table" and value or { value }) do check_header(name, one) end
      headers[name] = value
    end
  end
  return headers
end

local function answer_body(attributes)
  local body = attributes["http.response.body"] or ""
  if attributes["http.response.body.encoding"] ~= "base64" then return body end
  return base64.decode(body) or error("a body that is not base64", 0)
end

local function answer_status(attributes)
  local status = tonumber(attributes["http.response.status_code"])
  if status and status >= 200 and status <= 599 and status % 1 == 0 then return status end
  error("no status from 200 to 599", 0)
end

local function read_answer(text)
  local attributes = answer_attributes(text)
  return {
    status = answer_status(attributes),
    headers = answer_headers(attributes),
    body = answer_body(attributes),
    delay_ms = tonumber(attributes["sp.response.delay_ms"]) or 0,
  }
end

-- The runtime's hit as { status, headers, body, delay_ms }; nil and a reason if it is none.
function otlp.read_answer(text)
  local ok, answer = pcall(read_answer, text or "")
  if ok then return answer end
  return nil, answer
end

return otlp
