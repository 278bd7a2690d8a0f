/*! Causeway client, Apache-2.0 */
(()=>{})();
