-- JSON (RFC 8259) for the calls to the runtime: strings hold bytes that are UTF-8 already, arrays are
-- marked so that an empty one stays one, and what is not JSON is refused instead of guessed at.

local utf8 = require("softprobe.utf8")

local byte, find, sub, concat = string.byte, string.find, string.sub, table.concat

local MAX_DEPTH = 64
local QUOTE, BACKSLASH, COMMA, COLON = 34, 92, 44, 58
local OPEN_BRACKET, CLOSE_BRACKET, OPEN_BRACE, CLOSE_BRACE = 91, 93, 123, 125

local json = { null = setmetatable({}, { __tostring = function() return "null" end }) }

local array_type = {}

-- Marks a table as an array, so that it is written with brackets even when it is empty.
function json.array(items) return setmetatable(items, array_type) end

-- Writing ------------------------------------------------------------------------------------------

local ESCAPES = {
  ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t",
}
for code = 0, 31 do
  local control = string.char(code)
  ESCAPES[control] = ESCAPES[control] or ("\\u%04x"):format(code)
end

local function encode_string(text) return '"' .. text:gsub('[%z\1-\31"\\]', ESCAPES) .. '"' end

local function encode_number(number)
  if number ~= number or number == math.huge or number == -math.huge then
    error("JSON has no form for " .. tostring(number), 0)
  end
  if number == math.floor(number) and math.abs(number) < 2 ^ 53 then return ("%d"):format(number) end
  return ("%.17g"):format(number)
end

local encode_value

local function encode_array(items, depth)
  local parts = {}
  for index, item in ipairs(items) do parts[index] = encode_value(item, depth) end
  return "[" .. concat(parts, ",") .. "]"
end

local function encode_object(members, depth)
  local parts = {}
  for key, value in pairs(members) do
    parts[#parts + 1] = encode_string(key) .. ":" .. encode_value(value, depth)
  end
  return "{" .. concat(parts, ",") .. "}"
end

encode_value = function(value, depth)
  local kind = type(value)
  if kind == "string" then return encode_string(value) end
  if kind == "number" then return encode_number(value) end
  if kind == "boolean" or value == json.null then return tostring(value) end
  if kind ~= "table" then error("JSON has no form for a " .. kind, 0) end
  if depth == MAX_DEPTH then error("nested deeper than " .. MAX_DEPTH, 0) end
  if getmetatable(value) == array_type then return encode_array(value, depth + 1) end
  return encode_object(value, depth + 1)
end

-- The JSON text of a string, number, boolean, `json.null`, `json.array` or table of members.
function json.encode(value) return encode_value(value, 0) end

-- Reading ------------------------------------------------------------------------------------------

local UNESCAPED = {
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/", b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
}
local LITERALS = { t = { "true", true }, f = { "false", false }, n = { "null", json.null } }

local function fail(at, expected) error(("expected %s at byte %d"):format(expected, at), 0) end

local function skip_space(text, at) return find(text, "[^ \t\r\n]", at) or #text + 1 end

local function code_unit(text, at)
  local digits = text:match("^\\u(%x%x%x%x)", at) or fail(at, "\\u and four hex digits")
  return tonumber(digits, 16)
end

-- Reads `\u` with its four hex digits, or the two of them that make a surrogate pair.
local function decode_unicode(text, at)
  local unit = code_unit(text, at)
  if unit < 0xD800 or unit > 0xDFFF then return utf8.encode(unit), at + 6 end
  if unit > 0xDBFF then fail(at, "a high surrogate before a low one") end
  local low = code_unit(text, at + 6)
  if low < 0xDC00 or low > 0xDFFF then fail(at + 6, "a low surrogate") end
  return utf8.encode(0x10000 + (unit - 0xD800) * 0x400 + low - 0xDC00), at + 12
end

local function decode_escape(text, at)
  if sub(text, at + 1, at + 1) == "u" then return decode_unicode(text, at) end
  return UNESCAPED[sub(text, at + 1, at + 1)] or fail(at, "an escape"), at + 2
end

local function decode_string(text, at)
  if byte(text, at) ~= QUOTE then fail(at, "a string") end
  local pieces, from = {}, at + 1
  while true do
    local stop = find(text, '[%z\1-\31"\\]', from) or fail(#text + 1, "a closing quote")
    pieces[#pieces + 1] = sub(text, from, stop - 1)
    if byte(text, stop) == QUOTE then return concat(pieces), stop + 1 end
    if byte(text, stop) ~= BACKSLASH then fail(stop, "no raw control character") end
    pieces[#pieces + 1], from = decode_escape(text, stop)
  end
end

local function last_of(text, pattern, at)
  local _, last = find(text, pattern, at)
  return last
end

local function decode_number(text, at)
  local last = last_of(text, "^-?0", at) or last_of(text, "^-?[1-9]%d*", at) or fail(at, "a value")
  last = last_of(text, "^%.%d+", last + 1) or last
  last = last_of(text, "^[eE][+-]?%d+", last + 1) or last
  return tonumber(sub(text, at, last)) or fail(at, "a number in range"), last + 1
end

local function decode_literal(text, at)
  local literal = LITERALS[sub(text, at, at)]
  if sub(text, at, at + #literal[1] - 1) ~= literal[1] then fail(at, literal[1]) end
  return literal[2], at + #literal[1]
end

local decode_value

-- After an item of a list that ends with `close`: where the next item begins, or nil and where the list ended.
local function after_item(text, at, close, name)
  at = skip_space(text, at)
  if byte(text, at) == COMMA then return skip_space(text, at + 1) end
  if byte(text, at) ~= close then fail(at, "',' or '" .. name .. "'") end
  return nil, at + 1
end

local function decode_array(text, at, depth)
  local items, finish = json.array({}), nil
  at = skip_space(text, at + 1)
  if byte(text, at) == CLOSE_BRACKET then return items, at + 1 end
  while at do
    items[#items + 1], at = decode_value(text, at, depth)
    at, finish = after_item(text, at, CLOSE_BRACKET, "]")
  end
  return items, finish
end

local function decode_object(text, at, depth)
  local members, key, finish = {}, nil, nil
  at = skip_space(text, at + 1)
  if byte(text, at) == CLOSE_BRACE then return members, at + 1 end
  while at do
    key, at = decode_string(text, at)
    at = skip_space(text, at)
    if byte(text, at) ~= COLON then fail(at, "':'") end
    members[key], at = decode_value(text, skip_space(text, at + 1), depth)
    at, finish = after_item(text, at, CLOSE_BRACE, "}")
  end
  return members, finish
end

decode_value = function(text, at, depth)
  local first = byte(text, at)
  if first == QUOTE then return decode_string(text, at) end
  if first == OPEN_BRACE or first == OPEN_BRACKET then
    if depth == MAX_DEPTH then fail(at, "no more than " .. MAX_DEPTH .. " levels") end
    return (first == OPEN_BRACE and decode_object or decode_array)(text, at, depth + 1)
  end
  if LITERALS[sub(text, at, at)] then return decode_literal(text, at) end
  return decode_number(text, at)
end

local function decode_document(text)
  local value, at = decode_value(text, skip_space(text, 1), 0)
  if skip_space(text, at) <= #text then fail(at, "the end") end
  return value
end

-- The value of a JSON text; nil and a sentence if it is not JSON.
function json.decode(text)
  local ok, value = pcall(decode_document, text)
  if ok then return value end
  return nil, value
end

return json
