--- lists_of(target): the lists of the queues that are bound to an exchange: a message goes to all of them. Where nobody has bound one it is kept under
--- its routing key, so that it is not lost. The target is exchange, routing key and the suffix of a priority, each after the mark \1.
--- @include layout
-- Whether a key fits one with stars for a word and hashes for any number of them.
local function is_topic(words, topic, place)
  local word = words[place]
  if not word then return topic == '' end
  if word == '#' then
    repeat
      if is_topic(words, topic, place + 1) then return true end
      topic = string.match(topic, '^[^.]*%.?(.*)$')
    until topic == ''
    return is_topic(words, topic, place + 1)
  end
  if topic == '' then return false end
  local first, rest = string.match(topic, '^([^.]*)%.?(.*)$')
  return (word == '*' or word == first) and is_topic(words, rest, place + 1)
end

local function lists_of(target)
  local exchange, topic, suffix = string.match(target, '^\1([^\1]*)\1([^\1]*)\1(.*)$')
  local lists = {}
  for _, binding in ipairs(call('SMEMBERS', G .. '_kombu.binding.' .. exchange)) do
    local bound, pattern, queue = string.match(binding, '^(.-)\6\22(.-)\6\22(.*)$')
    local words = {}
    for word in string.gmatch(bound or '', '[^.]+') do words[#words + 1] = word end
    if bound == topic or (pattern ~= '' and is_topic(words, topic, 1)) then lists[#lists + 1] = G .. queue .. suffix end
  end
  return #lists > 0 and lists or { G .. topic .. suffix }
end
