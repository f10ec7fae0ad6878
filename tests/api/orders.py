"""Orders: one as it was recorded, the same in other words, and others; of field case 9."""

ORDER = '{"amount":1.0,"tags":["a","b"],"id":7,"on":true}'
SAME = [
    '{ "on":true, "id":7, "tags":["a","b"], "amount":1 }',
    '{"amount":1.00,"tags":["a","b"],"id":7,"on":true}',
    '{"amount":1e0,"tags":["a","b"],"id":7,"on":true}',
]
OTHER = [
    '{"amount":"1","tags":["a","b"],"id":7,"on":true}',
    '{"amount":true,"tags":["a","b"],"id":7,"on":true}',
    '{"amount":1.0,"tags":["a","b"],"id":7,"on":1}',
    '{"amount":1.0,"tags":["b","a"],"id":7,"on":true}',
    '{"amount":1.0,"tags":["a","b"],"id":7,"on":true,"x":null}',
]
