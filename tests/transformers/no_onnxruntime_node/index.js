// transformers.js imports this whether it uses it or not.
module.exports = {};
