--- moment(): the least place that an event of this moment may have. Places go by the clock, so that those of events that Redis has lost are never
--- given again. text(place): its digits.
--- @include time
local function moment() return milliseconds() * 1000 end
local function text(place) return string.format('%.0f', place) end
